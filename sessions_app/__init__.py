"""Sessions, players, servers and events."""
