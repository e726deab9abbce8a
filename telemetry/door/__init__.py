"""The direct door: hot requests reach their dialect's function without Django's handlers."""
