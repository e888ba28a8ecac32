"""What was measured in samples of tumours, beside their volume: one module an assay."""
