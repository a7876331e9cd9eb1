"""What is known of one module: its intermediate representation, two front ends that make it, and its control flow."""
