"""One module for each normaliser: texts in, texts out, null where the text is not what it should be."""
