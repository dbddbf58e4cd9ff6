"""The portal's database: models, migrations, writes and reads."""
