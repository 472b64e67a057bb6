package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// terminal opens a pseudoterminal and returns both of its ends.
func terminal(t *testing.T) (keyboard, screen *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("this machine has no pseudoterminals: ", err)
	}
	t.Cleanup(func() { _ = keyboard.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	screen, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = screen.Close() })
	return keyboard, screen
}

func echoes(t *testing.T, terminal *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	require.NoError(t, err)
	return state.Lflag&unix.ECHO != 0
}

func TestAnInterruptedPromptLeavesTheTerminalAsItWas(t *testing.T) {
	_, screen := terminal(t)
	folder := t.TempDir()
	for name, signal := range map[string]os.Signal{"Ctrl-C": os.Interrupt, "an order to end": unix.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			command := becketProgram(t, "keygen", "-s", filepath.Join(folder, "x.key"), "-p",
				filepath.Join(folder, "x.pub"))
			command.Stdin = screen
			prompt, err := command.StderrPipe()
			require.NoError(t, err)
			require.NoError(t, command.Start())
			text := make([]byte, len("Password of the new secret key: "))
			_, err = io.ReadFull(prompt, text)
			require.NoError(t, err)
			for echoes(t, screen) {
				runtime.Gosched() // the program is about to switch the echo off
			}
			require.NoError(t, command.Process.Signal(signal))
			_ = command.Wait()
			assert.Equal(t, exitInterrupted, command.ProcessState.ExitCode())
			assert.True(t, echoes(t, screen))
			left, err := os.ReadDir(folder)
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}
