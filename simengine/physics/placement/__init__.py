"""How objects come to their places before physics starts; one way a file."""
