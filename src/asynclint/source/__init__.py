"""The outside world read into frozen data: which files there are, what they say, and where things stand in them."""
