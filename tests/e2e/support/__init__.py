"""What the end-to-end tests stand on: real servers, a real browser, and Jitsi's rules."""
