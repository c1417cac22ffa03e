"""PostgreSQL, LINE and SNS behind the ports."""
