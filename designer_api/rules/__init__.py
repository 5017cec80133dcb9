"""Rules in the flow library: what the if–then form writes, the designer opens."""
