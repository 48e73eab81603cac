"""What is remembered between runs, and under which conditions it still holds."""
