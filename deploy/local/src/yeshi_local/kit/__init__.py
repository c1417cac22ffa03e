"""What the integration tests of every service share: its processes on real servers, and hands to speak to them."""
