"""What a run is asked to do, as typed values that are checked before anything runs."""
