"""Is the tumour cold or hot, and did a treatment switch it: the immune landscape of each sample."""
