--  Cases, exceptions of the language and of the processor, nested subprograms.
with Ada.Text_IO; use Ada.Text_IO;
procedure Raises is
   type Colour is (Red, Orange, Yellow, Green, Blue, Indigo, Violet);
   Total : Integer := 0;
   function Weight (C : Colour; N : Integer) return Integer is
   begin
      case C is
         when Red    => return N + 1;
         when Orange => return N * 2;
         when Yellow => return N - 3;
         when Green  => raise Program_Error;
         when Blue   => return N / (N - 5);
         when Indigo => return N * N;
         when Violet => return -N;
      end case;
   end Weight;
   procedure Add (C : Colour; N : Integer) is
   begin
      Total := Total + Weight (C, N);
   exception
      when Program_Error => Total := Total + 100;
      when Constraint_Error => Total := Total + 1000;
   end Add;
begin
   for I in 1 .. 6 loop
      for C in Colour loop
         Add (C, I);
      end loop;
   end loop;
   Put_Line (Integer'Image (Total));
end Raises;
