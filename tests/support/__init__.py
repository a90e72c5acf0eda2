"""What the end-to-end tests run opslb against and look at it with. Start with README.md here."""
