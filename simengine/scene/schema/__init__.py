"""What a scene file may say, as closed pydantic models; every field tells its meaning, unit and range."""
