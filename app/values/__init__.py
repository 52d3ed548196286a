"""What a value means: pure functions and value types, without input or output."""
