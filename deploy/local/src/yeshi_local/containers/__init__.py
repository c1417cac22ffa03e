"""What the containers are made from: the packages of each image, the compose file, its secrets."""
