"""Where tests get real servers: an address, else a container, else an embedded one."""
