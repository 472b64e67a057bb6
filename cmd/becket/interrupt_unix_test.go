//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asProgram is the variable with which the test's program runs the command instead of the tests.
const asProgram = "BECKET_TEST_RUNS_THE_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// becketProgram returns the command as a program of its own.
func becketProgram(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	command := exec.Command(self, args...)
	command.Env = append(os.Environ(), asProgram+"=1")
	t.Cleanup(func() {
		if command.ProcessState == nil && command.Process != nil {
			_ = command.Process.Kill()
			_ = command.Wait()
		}
	})
	return command
}

// fifo makes a FIFO. opened is closed as soon as a process reads from it; no process ever writes to
// it.
func fifo(t *testing.T) (path string, opened <-chan struct{}) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	read := make(chan struct{})
	go func() {
		file, err := os.OpenFile(path, os.O_WRONLY, 0) // waits for a reader
		if err == nil {
			t.Cleanup(func() { _ = file.Close() })
		}
		close(read)
	}()
	return path, read
}

func TestAnInterruptionEndsAWaitForAFIFO(t *testing.T) {
	t.Chdir(copyOf(t, "testdata/rules"))
	for name, args := range map[string][]string{
		"a ruleset":          {"check", "FIFO"},
		"one of two":         {"diff", "flags.json", "FIFO"},
		"a population":       {"simulate", "banner", "-r", "flags.json", "-p", "FIFO"},
		"a file to lay out":  {"fmt", "--check", "flags.json", "FIFO"},
		"a generated file":   {"gen", "go", "flags.json", "--check", "--out", "FIFO"},
		"a secret key":       {"sign", "flags.json", "-s", "FIFO"},
		"a password":         {"keygen", "-s", "x.key", "-p", "x.pub", "--password-file", "FIFO"},
		"a public key":       {"verify", "flags.json", "-p", "FIFO"},
		"a signed document":  {"verify", "FIFO", "-p", "becket.pub"},
		"the configuration":  {"check", "flags.json", "--config", "FIFO"},
		"serve's start":      {"serve", "flags.json", "--config", "FIFO"},
		"usage of a ruleset": {"usage", "-r", "FIFO", "-C", "shop"},
	} {
		t.Run(name, func(t *testing.T) {
			path, opened := fifo(t)
			for i := range args {
				if args[i] == "FIFO" {
					args[i] = path
				}
			}
			code, output := interrupted(t, func(*env) {}, opened, args...)
			assert.Equal(t, exitInterrupted, code)
			assert.Empty(t, output)
			assert.NoFileExists(t, "x.key")
			assert.NoFileExists(t, "flags.json.minisig")
		})
	}
}

func TestASignalEndsTheProgramWith130(t *testing.T) {
	for name, signal := range map[string]os.Signal{"Ctrl-C": os.Interrupt, "an order to end": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			path, opened := fifo(t)
			command := becketProgram(t, "check", path)
			var output bytes.Buffer
			command.Stdout, command.Stderr = &output, &output
			require.NoError(t, command.Start())
			<-opened // by now the program listens to signals
			require.NoError(t, command.Process.Signal(signal))
			_ = command.Wait()
			assert.Equal(t, exitInterrupted, command.ProcessState.ExitCode())
			assert.Empty(t, output.String())
		})
	}
}

func TestASignalEndsABillionSubjects(t *testing.T) {
	document, err := os.ReadFile(rulesFile("flags.json"))
	require.NoError(t, err)
	command := becketProgram(t, "simulate", "new-checkout", "-r", "-", "--subjects", "1000000000")
	stdin, err := command.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	// more than a pipe holds
	_, err = stdin.Write(append(bytes.Repeat([]byte("\n"), 1<<20), document...))
	require.NoError(t, err)
	require.NoError(t, stdin.Close())
	require.NoError(t, command.Process.Signal(os.Interrupt))
	_ = command.Wait()
	assert.Equal(t, exitInterrupted, command.ProcessState.ExitCode())
}

func TestASignalEndsTheServerWithZero(t *testing.T) {
	command := becketProgram(t, "serve", rulesFile("flags.json"), "--addr", "127.0.0.1:0")
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && !bytes.HasPrefix(lines.Bytes(), []byte("serving")) {
	}
	require.NoError(t, command.Process.Signal(os.Interrupt))
	_, err = io.Copy(io.Discard, stdout)
	require.NoError(t, err)
	require.NoError(t, command.Wait())
}

func TestAnInterruptionEndsAWaitForTheGoCommand(t *testing.T) {
	path, opened := fifo(t)
	folder := t.TempDir()
	script := "#!/bin/sh\nexec cat " + path + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(folder, "go"), []byte(script), 0o700))
	t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
	code, output := interrupted(t, func(*env) {}, opened, "usage", "-r", rulesFile("flags.json"), "-C",
		filepath.Join("testdata", "rules", "shop"))
	assert.Equal(t, exitInterrupted, code)
	assert.Empty(t, output)
}
