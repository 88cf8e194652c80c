"""The chunks of a file: validate one, write one, and do both for several at once in the order that the file needs."""
