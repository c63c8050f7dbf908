// Quantum phase estimation: which angle does the gate `turn` turn by? Six qubits count, the seventh is turned.
// The angle is 0.3 of a whole turn, which six binary digits cannot say: 19/64 comes most often, then 20/64.
OPENQASM 3.0;
include "stdgates.inc";

gate turn(times) a {
  p(2 * pi * 0.3 * times) a;
}

qubit[6] count;
qubit turned;
bit[6] c;

x turned;
h count;
ctrl @ turn(1) count[0], turned;
ctrl @ turn(2) count[1], turned;
ctrl @ turn(4) count[2], turned;
ctrl @ turn(8) count[3], turned;
ctrl @ turn(16) count[4], turned;
ctrl @ turn(32) count[5], turned;

// The inverse of the quantum Fourier transform.
swap count[0], count[5];
swap count[1], count[4];
swap count[2], count[3];
h count[0];
cp(-pi / 2) count[0], count[1];
h count[1];
cp(-pi / 4) count[0], count[2];
cp(-pi / 2) count[1], count[2];
h count[2];
cp(-pi / 8) count[0], count[3];
cp(-pi / 4) count[1], count[3];
cp(-pi / 2) count[2], count[3];
h count[3];
cp(-pi / 16) count[0], count[4];
cp(-pi / 8) count[1], count[4];
cp(-pi / 4) count[2], count[4];
cp(-pi / 2) count[3], count[4];
h count[4];
cp(-pi / 32) count[0], count[5];
cp(-pi / 16) count[1], count[5];
cp(-pi / 8) count[2], count[5];
cp(-pi / 4) count[3], count[5];
cp(-pi / 2) count[4], count[5];
h count[5];
barrier count;
c = measure count;
