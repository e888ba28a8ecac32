"""The nouns every other part speaks: Finding, Method, Result, random streams."""
