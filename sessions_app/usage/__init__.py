"""What Countly's dialect counts, as rules without tables: time, ranges, names."""
