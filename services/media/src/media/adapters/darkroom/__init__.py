"""Image files are read in a child process only: what a stranger's bytes break there, breaks nothing else."""
