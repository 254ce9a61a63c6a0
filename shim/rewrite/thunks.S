/*
 * What moved code calls (enum rewrite_thunk): keep registers, call C, give them back. The stack is
 * 128 below the program's and holds the return address; its alignment is unknown, which code of
 * general registers does not mind.
 *
 * The fast part is called with registers that a call may spoil saved alone. When it says no, all is
 * put back as it was, and the slow part gets all registers in the order of gregs (sys/ucontext.h).
 */
        .text

#define RED_ZONE 128

/* Eight registers: 64 bytes. */
#define SAVE \
        push %rcx; push %rdx; push %rsi; push %rdi; push %r8; push %r9; push %r10; push %r11
#define RESTORE \
        pop %r11; pop %r10; pop %r9; pop %r8; pop %rdi; pop %rsi; pop %rdx; pop %rcx

#define FUNCTION(name) \
        .globl name; .hidden name; .type name, @function; .p2align 4; name:
#define END(name) .size name, . - name

/* struct rewrite_slots, and bits of its site. */
#define SLOT_WRITE 0
#define SLOT_FLIP 16
#define SLOT_ADDRESS 48
#define SLOT_SITE 56
#define SITE_WRITES 1
#define SITE_SIZE 14
#define SIZE_2 2
#define SIZE_4 4
#define SIZE_8 6

/* Cells at (rcx), for an access by the site whose slots are at fs:(rdx): does `reg` have all? */
#define COMPARE(segment, offset, reg)         mov segment offset(%rcx), reg;         testb $SITE_WRITES, %fs:SLOT_SITE(%rdx);         jne 6f;         or written_bits(%rip), reg; 6:      cmp %fs:SLOT_WRITE(%rdx), reg;         jne 8f

/* Flags are free: their liveness is moved code's business. First what needs no more than two
   registers: a thread that is not watched, and 2, 4 or 8 bytes in several cells that are all full.
   Moved code has looked at cells of these bytes, so they are there. */
FUNCTION(thunk_check)
        push %rax
        push %rcx
        push %rdx
        mov rewrite_slots@gottpoff(%rip), %rdx
        cmpq $0, %fs:SLOT_WRITE(%rdx)
        je 7f
        mov %fs:SLOT_ADDRESS(%rdx), %rcx
        mov %fs:SLOT_SITE(%rdx), %eax
        test $3, %cl
        je 8f
        and $SITE_SIZE, %eax
        cmp $SIZE_2, %eax
        jb 8f
        jne 3f
        lea 1(%rcx), %eax
        test $3, %al
        jne 8f
        test $4095, %eax        /* of the second nobody may have asked */
        je 8f
        mov $SIZE_4, %eax
3:      xor %fs:SLOT_FLIP(%rdx), %rcx
        and $-4, %rcx
        cmpq $0, %fs:SLOT_FLIP(%rdx)
        jne 5f
        cmp $SIZE_4, %eax
        je 1f
        cmp $SIZE_8, %eax
        jne 8f
        COMPARE(%gs:, 8, %eax)
1:      COMPARE(%gs:, 0, %rax)
        jmp 7f
5:      cmp $SIZE_4, %eax
        je 2f
        cmp $SIZE_8, %eax
        jne 8f
        COMPARE(, 8, %eax)
2:      COMPARE(, 0, %rax)
7:      pop %rdx
        pop %rcx
        pop %rax
        ret
8:      push %rsi; push %rdi; push %r8; push %r9; push %r10; push %r11
        mov 72(%rsp), %rdi
        lea 80 + RED_ZONE(%rsp), %rsi
        mov %rbp, %rdx
        call check_fast
        test %al, %al
        RESTORE
        pop %rax
        je 1f
        ret
1:      push $0                 /* THUNK_CHECK */
        jmp slow
        END(thunk_check)

/* With the arithmetic flags as lahf and seto have them. */
#define FUNCTION_KEEPING_FLAGS(name, function, number) \
        FUNCTION(name) \
        push %rax; \
        lahf; \
        seto %al; \
        push %rax; \
        SAVE; \
        mov 80(%rsp), %rdi; \
        lea 88 + RED_ZONE(%rsp), %rsi; \
        mov %rbp, %rdx; \
        call function; \
        test %al, %al; \
        RESTORE; \
        pop %rax; \
        je 1f; \
        add $0x7f, %al; \
        sahf; \
        pop %rax; \
        ret; \
1:      add $0x7f, %al; \
        sahf; \
        pop %rax; \
        push $number; \
        jmp slow; \
        END(name)

FUNCTION_KEEPING_FLAGS(thunk_before, check_before, 1)
FUNCTION_KEEPING_FLAGS(thunk_after, check_after, 2)

FUNCTION(thunk_string)
        push $3
        jmp slow
        END(thunk_string)

FUNCTION(thunk_range)
        push $4
        jmp slow
        END(thunk_range)

/* On the stack: the thunk's number, the return address. r8 is gregs[0], rip 16, eflags 17. */
#define GREGS (23 * 8)
FUNCTION(slow)
        pushfq
        lea -GREGS(%rsp), %rsp
        mov %r8, 0(%rsp)
        mov %r9, 8(%rsp)
        mov %r10, 16(%rsp)
        mov %r11, 24(%rsp)
        mov %r12, 32(%rsp)
        mov %r13, 40(%rsp)
        mov %r14, 48(%rsp)
        mov %r15, 56(%rsp)
        mov %rdi, 64(%rsp)
        mov %rsi, 72(%rsp)
        mov %rbp, 80(%rsp)
        mov %rbx, 88(%rsp)
        mov %rdx, 96(%rsp)
        mov %rax, 104(%rsp)
        mov %rcx, 112(%rsp)
        lea GREGS + 24(%rsp), %rax
        mov %rax, 120(%rsp)
        mov GREGS + 16(%rsp), %rax
        mov %rax, 128(%rsp)
        mov GREGS(%rsp), %rax
        mov %rax, 136(%rsp)
        cld
        mov %rsp, %rdi
        mov GREGS + 8(%rsp), %rsi
        mov %rsp, %rbp
        and $-16, %rsp
        call check_slow
        mov %rbp, %rsp
        mov 0(%rsp), %r8
        mov 8(%rsp), %r9
        mov 16(%rsp), %r10
        mov 24(%rsp), %r11
        mov 64(%rsp), %rdi
        mov 72(%rsp), %rsi
        mov 80(%rsp), %rbp
        mov 96(%rsp), %rdx
        mov 104(%rsp), %rax
        mov 112(%rsp), %rcx
        lea GREGS(%rsp), %rsp
        popfq
        lea 8(%rsp), %rsp
        ret
        END(slow)

        .section .rodata
        .balign 8
written_bits:
        .quad 0x0202020202020202

        .section .note.GNU-stack, "", @progbits
