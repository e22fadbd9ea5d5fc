# What IncludeOS programs have besides: the header of multiboot (Multiboot Specification 0.6.96), and their config.json.

.set FLAGS, 3 # modules at page boundaries; tell the memory

.section .multiboot, "a"
.align 4
.long 0x1badb002, FLAGS, -(0x1badb002 + FLAGS)

# IncludeOS cmake/os.cmake, internal_os_add_config.
.section .config, "a"
.incbin "config.json"

.section .note.GNU-stack, "", @progbits
