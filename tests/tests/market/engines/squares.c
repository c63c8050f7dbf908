/* A unit of the containers' test, in C, since a container may be anything: the sum of the squares of those numbers on
   standard input whose turn it is. Called with UNIT UNITS. */
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **words) {
  if (count < 3) return 1;
  unsigned long unit = strtoul(words[1], 0, 10), units = strtoul(words[2], 0, 10);
  unsigned long turn = 0, sum = 0, number;
  for (; scanf("%lu", &number) == 1; turn++)
    if (turn % units == unit) sum += number * number;
  printf("%lu", sum);
  return 0;
}
