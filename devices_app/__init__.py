"""Devices, their beats and their presence."""
