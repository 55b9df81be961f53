# Calls, jumps and data of a linked program, for the names objdump puts behind their addresses.
        .text
        .globl fixture_entry
        .type fixture_entry, @function
fixture_entry:
        push %rbp
        mov fixture_counter(%rip), %rax
        test %rax, %rax
        je 1f
        call fixture_helper
        call fixture_helper + 4
        lea fixture_counter + 8(%rip), %rdi
        jmp fixture_tail
1:      movq $0, %gs:0x28
        bnd jmp fixture_entry
        pop %rbp
        ret
        int3
        .size fixture_entry, . - fixture_entry
        .p2align 4
        .globl fixture_helper
        .type fixture_helper, @function
fixture_helper:
        endbr64
        ud2
        jne fixture_helper
        call *fixture_counter(%rip)
        ret
        .size fixture_helper, . - fixture_helper
        .zero 32
        .p2align 4
        .globl fixture_tail
        .type fixture_tail, @function
fixture_tail:
        nopw %cs:0x0(%rax,%rax,1)
        lock incq fixture_counter(%rip)
        ret
        .size fixture_tail, . - fixture_tail

        .data
        .globl fixture_counter
        .type fixture_counter, @object
fixture_counter:
        .quad 1, 2
        .size fixture_counter, 16
