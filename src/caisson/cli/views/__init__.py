"""What people see; nothing here decides or acts."""
