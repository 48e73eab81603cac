"""Where in the project a finding's place is: in bodies, settings, migrations and packages."""
