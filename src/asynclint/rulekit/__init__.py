"""What a rule is made of, how rules are found, and how their examples become tests."""
