"""What a batch does to sessions: the only place that changes growing tables."""
