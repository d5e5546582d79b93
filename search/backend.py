from modelsearch.backends.database.fallback import DatabaseSearchBackend

SearchBackend = DatabaseSearchBackend
