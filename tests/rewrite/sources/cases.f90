! select case, computed goto, string cases.
program cases
  implicit none
  integer :: i, total
  character(len=5) :: words(4)
  words = ['one  ', 'two  ', 'three', 'four ']
  total = 0
  do i = 1, 40
    total = total + choose(i) + old(mod(i, 6)) + word(words(mod(i, 4) + 1))
  end do
  print *, total
contains
  integer function choose(n)
    integer, intent(in) :: n
    select case (n)
    case (1); choose = 3
    case (2); choose = 7 * n
    case (3); choose = n - 9
    case (4); choose = ieor(n, 21)
    case (5:9); choose = n * n
    case (10); choose = 44
    case (11); choose = 3 * n + 1
    case (12); choose = 0
    case (13); choose = -n
    case default; choose = 1
    end select
  end function
  integer function old(n)
    integer, intent(in) :: n
    old = n
    goto (10, 20, 30, 40, 50), n
    old = 100
    return
10  old = old + 1
    return
20  old = old * 5
30  old = old - 2
    return
40  old = old + 40
50  old = old + 3
  end function
  integer function word(text)
    character(len=5), intent(in) :: text
    select case (text)
    case ('one'); word = 1
    case ('two'); word = 2
    case ('three'); word = 3
    case ('zebra'); word = 4
    case default; word = 5
    end select
  end function
end program
