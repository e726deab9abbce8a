"""Simulated clients for ``manage.py demo``: they know the server by its address and keys only.

They speak the five wire protocols over HTTP, as programs elsewhere would, so nothing here imports
anything of the server. What a protocol cannot tell of the past is not told.

All that they do follows from a seed and the time at which they start.
"""
