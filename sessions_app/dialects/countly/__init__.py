"""Countly: `/i`, `/i/bulk` and `/o`, as its servers of 2012 and its SDKs of today have them."""
