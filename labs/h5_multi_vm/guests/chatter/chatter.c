/*
 * chatter.c - a guest that talks, one character at a time, slowly (h5.6). The
 * boot argument way=: dbcn, legacy or uart. Some lines are longer than what a
 * VM's console holds, CONSOLE_LINE characters.
 */
#include "../../../h4_vplic/guests/devices.h"
#include "../lanes.h"

static void put(char way, char c)
{
	if (way == 'u')
		uart_write(UART_RBR, (uint8_t)c);
	else if (way == 'l')
		sbi_ecall((uint8_t)c, 0, 0, 0, 0, 0, 0,
			  SBI_EXT_LEGACY_CONSOLE_PUTCHAR);
	else
		sbi_ecall((uint8_t)c, 0, 0, 0, 0, 0,
			  SBI_DBCN_CONSOLE_WRITE_BYTE, SBI_EXT_DBCN);
	burn(arg_u64("pause", 20000));
}

static uint64_t line_length(void)
{
	uint64_t dice = guest_random() >> 32;

	return dice % 90 + (dice / 90 % 4 ? 0 : 130);
}

void guest_program(void)
{
	uint64_t lines = arg_u64("lines", 20), sum = 0;
	char way = arg_word("way")[0];

	for (uint64_t i = 0; i < lines; i++) {
		uint64_t length = line_length();
		for (uint64_t n = 0; n < length; n++) {
			char c = (char)('a' + (guest_random() >> 32) % 26);
			put(way, c);
			sum = sum * 31 + (uint64_t)c;
		}
		put(way, '\n');
	}
	lane_tell(sum);
}
