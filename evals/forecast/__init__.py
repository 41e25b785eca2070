"""What a score nobody measured would be: points lost at a precision, from the published evidence, with a band."""
