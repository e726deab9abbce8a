"""The project, and what every app shares: settings, projects and keys, the store, the door."""
