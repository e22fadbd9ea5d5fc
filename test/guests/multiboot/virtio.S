# What Solo5 virtio programs have: a multiboot header with addresses, as loaders take ELF files of 32 bits only (Solo5 bindings/virtio/boot.S),
# an ABI note of target 3, and a manifest with the network device `service` (Solo5 include/elf_abi.h, mft_abi.h).

.set FLAGS, 0x10003 # modules at page boundaries; tell the memory; addresses in the header
.section .multiboot, "a"
.align 4
header:
.long 0x1badb002, FLAGS, -(0x1badb002 + FLAGS)
.long header, _start_of_image, 0, _end_of_image, _start
.section .note.solo5.abi, "a", @note
.align 4
.long 6, 16, 0x31494241
.asciz "Solo5"
.align 4
.long 3, 1, 0, 0
.section .note.solo5.manifest, "a", @note
.align 4
.long 6, 4 + 8 + 2 * 104, 0x3154464d
.asciz "Solo5"
.align 4
.long 0, 1, 2
.skip 68
.long 0x40000000
.skip 32
.asciz "service"
.skip 60
.long 2
.skip 32
.section .note.GNU-stack, "", @progbits
