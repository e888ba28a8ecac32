"""From files to a checked, frozen Study."""
