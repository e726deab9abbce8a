"""What requests of Countly's SDKs do to the tables."""
