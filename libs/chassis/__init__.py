"""What every service needs: settings, database, doors, token checks, problems, clock, ids, telemetry."""
