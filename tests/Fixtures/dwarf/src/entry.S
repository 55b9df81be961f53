/* Assembler with line information: entry_add has a symbol, a line, and no subprogram DIE in most tools' output. */
	.text
	.globl entry_add
#if defined(__powerpc64__) && _CALL_ELF != 2
	.section .opd, "aw"
	.align 3
entry_add:
	.quad .L.entry_add, .TOC.@tocbase, 0
	.previous
.L.entry_add:
#else
	.type entry_add, %function
entry_add:
#endif
	nop
#if defined(__x86_64__)
	lea (%rdi,%rsi), %eax
	ret
#elif defined(__i386__)
	mov 4(%esp), %eax
	add 8(%esp), %eax
	ret
#elif defined(__aarch64__)
	add w0, w0, w1
	ret
#elif defined(__arm__)
	add r0, r0, r1
	bx lr
#elif defined(__riscv)
	addw a0, a0, a1
	ret
#elif defined(__s390x__)
	ar %r2, %r3
	br %r14
#elif defined(__powerpc64__)
	add 3, 3, 4
	blr
#endif
#if !defined(__powerpc64__) || _CALL_ELF == 2
	.size entry_add, . - entry_add
#endif
	.section .note.GNU-stack,"",%progbits
