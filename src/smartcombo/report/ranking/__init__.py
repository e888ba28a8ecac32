"""The page of a ranked programme, made from a dossier and nothing else."""
