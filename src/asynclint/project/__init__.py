"""The whole program: modules linked to each other, what names and calls mean, what runs where, what functions do."""
