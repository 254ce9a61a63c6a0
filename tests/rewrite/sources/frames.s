# Functions by how many of their accesses must stay watched: plainN_what. The others are to their own frame alone.
        .text
        .macro function name
        .globl \name
        .type \name, @function
        .p2align 4
\name:
        .cfi_startproc
        .endm
        .macro end name
        .cfi_endproc
        .size \name, . - \name
        .endm

        function plain0_rsp
        sub $24, %rsp
        .cfi_def_cfa_offset 32
        mov %rdi, 8(%rsp)
        movl $3, 16(%rsp)
        mov 8(%rsp), %rax
        add $24, %rsp
        .cfi_def_cfa_offset 8
        ret
        end plain0_rsp

        function plain0_red_zone
        mov %rdi, -8(%rsp)
        mov -8(%rsp), %rax
        ret
        end plain0_red_zone

        function plain0_rbp
        push %rbp
        mov %rsp, %rbp
        and $-32, %rsp
        mov %rdi, -8(%rbp)
        test %rdi, %rdi
        je 1f
        mov -8(%rbp), %rax
1:      addl $1, -8(%rbp)
        leave
        ret
        end plain0_rbp

        function plain1_pointer
        push %rbp
        mov %rdi, %rbp
        mov 8(%rbp), %rax
        pop %rbp
        ret
        end plain1_pointer

        function plain1_index
        mov -128(%rsp, %rdi, 8), %rax
        mov %rax, -16(%rsp)
        ret
        end plain1_index

        function plain2_lea
        sub $24, %rsp
        lea 8(%rsp), %rdi
        mov %rdi, 16(%rsp)
        mov 8(%rsp), %rax
        add $24, %rsp
        ret
        end plain2_lea

        function plain1_push
        push %rsp
        mov 8(%rsp), %rax
        pop %rdi
        ret
        end plain1_push

        function plain1_mov
        mov %rsp, %rdi
        mov -8(%rsp), %rax
        ret
        end plain1_mov

        function plain1_half
        mov %esp, %edi
        mov -8(%rsp), %rax
        ret
        end plain1_half

        function plain1_vector
        movq %rsp, %xmm0
        mov -8(%rsp), %rax
        ret
        end plain1_vector

        function plain2_base_given
        push %rbp
        mov %rsp, %rbp
        mov %rdi, -8(%rbp)
        mov %rbp, %rdi
        mov -8(%rbp), %rax
        pop %rbp
        ret
        end plain2_base_given

        function plain2_alloca
        push %rbp
        mov %rsp, %rbp
        sub %rdi, %rsp
        mov %rdi, -8(%rbp)
        mov (%rsp), %rax
        leave
        ret
        end plain2_alloca

        function plain1_switch
        mov %rdi, %rsp
        mov 8(%rsp), %rax
        ret
        end plain1_switch

        # rbp is its caller's again behind the pop, and anybody's where two ways meet.
        function plain2_behind
        push %rbp
        mov %rsp, %rbp
        mov %rdi, -8(%rbp)
        pop %rbp
        mov -8(%rbp), %rax
        test %rdi, %rdi
        je 1f
        push %rbp
        mov %rsp, %rbp
        add $8, %rsp
1:      mov -8(%rbp), %rdx
        ret
        end plain2_behind

        # Its cold part gives the frame away.
        function plain1_hot
        sub $24, %rsp
        .cfi_def_cfa_offset 32
        mov %rdi, 8(%rsp)
        test %rdi, %rdi
        je plain0_cold
back:   add $24, %rsp
        .cfi_def_cfa_offset 8
        ret
        end plain1_hot
        .globl plain0_cold
        .type plain0_cold, @function
plain0_cold:
        .cfi_startproc
        .cfi_def_cfa_offset 32
        lea 8(%rsp), %rdi
        jmp back
        .cfi_endproc
        .size plain0_cold, . - plain0_cold

        # What it tail-calls gives its own frame away.
        function plain0_tail
        mov %rdi, -8(%rsp)
        mov -8(%rsp), %rdi
        jmp plain1_mov
        end plain0_tail

        .section .note.GNU-stack, "", @progbits
