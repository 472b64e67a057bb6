// Package engine starts PostgreSQL servers on the loopback interface, for tests and benchmarks on
// Linux.
package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrMissing reports that PostgreSQL is not installed, or that this is not Linux.
var ErrMissing = errors.New("PostgreSQL is not installed")

// Password is the password of the superuser postgres.
const Password = "postgres-secret"

// Server is a PostgreSQL server with a folder of its own.
type Server struct {
	Port     string
	folder   string // the data
	programs string
	settings []string
	child    *exec.Cmd
	ended    chan struct{}
}

// programs returns the folder of the newest PostgreSQL that is installed.
func programs() (string, error) {
	if !supported {
		return "", ErrMissing
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // as Debian has it
	if err == nil && len(found) > 0 {
		return filepath.Dir(slices.Max(found)), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", ErrMissing
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", err
	}
	return filepath.Dir(path), nil
}

// Start creates a database cluster in a folder, which must be empty, and starts a server on it. The
// settings have the form name=value. The server listens on a free port of 127.0.0.1.
func Start(folder string, settings ...string) (*Server, error) {
	s, err := newServer(folder, settings)
	if err != nil {
		return nil, err
	}
	if err := s.fill(); err != nil {
		return nil, err
	}
	return s, s.Up()
}

// fill creates a database cluster in the server's folder.
func (s *Server) fill() error {
	secret := filepath.Join(filepath.Dir(s.folder), "password")
	if err := os.WriteFile(secret, []byte(Password+"\n"), 0o600); err != nil {
		return err
	}
	if err := GiveAway(secret); err != nil {
		return err
	}
	return s.run("initdb", "-D", s.folder, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", secret,
		"-E", "UTF8", "--locale", "C", "--no-sync")
}

// Empty replaces the databases of a server that has ended by a new cluster, and starts it.
func (s *Server) Empty() error {
	if err := os.RemoveAll(s.folder); err != nil {
		return err
	}
	if err := s.makeFolder(); err != nil {
		return err
	}
	if err := s.fill(); err != nil {
		return err
	}
	return s.Up()
}

// StartStandby copies a running server and starts a standby on the copy, which follows the server.
func StartStandby(primary *Server, folder string) (*Server, error) {
	s, err := newServer(folder, primary.settings)
	if err != nil {
		return nil, err
	}
	if err := s.run("pg_basebackup", "-d", primary.URL("postgres"), "-D", s.folder, "-R", "-X", "stream",
		"--checkpoint", "fast", "--no-sync"); err != nil {
		return nil, err
	}
	return s, s.Up()
}

func newServer(folder string, settings []string) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	if err := Passable(folder); err != nil {
		return nil, err
	}
	s := &Server{Port: port, folder: filepath.Join(folder, "data"), programs: bin, settings: settings}
	return s, s.makeFolder()
}

func (s *Server) makeFolder() error {
	if err := os.Mkdir(s.folder, 0o700); err != nil {
		return err
	}
	return GiveAway(s.folder)
}

// Passable lets the user postgres pass through a folder of a test and its parent.
func Passable(folder string) error {
	for _, path := range []string{filepath.Dir(folder), folder} {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		const passing = 0o011
		if mode := info.Mode().Perm(); mode&passing != passing {
			if err := os.Chmod(path, mode|passing); err != nil {
				return err
			}
		}
	}
	return nil
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = listener.Close() }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, err
}

// run runs a program of PostgreSQL and waits for its end.
func (s *Server) run(program string, arguments ...string) error {
	command := s.command(program, arguments...)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, out)
	}
	return nil
}

func (s *Server) command(program string, arguments ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(s.programs, program), arguments...)
	command.Dir = s.folder
	AsPostgres(command)
	return command
}

// upWithin is how long a server may take to start on a busy machine.
const upWithin = time.Minute

// Up starts the server and waits until it answers. After Kill it may have to wait until the last
// processes of the earlier server have ended.
func (s *Server) Up() error {
	var err error
	for deadline := time.Now().Add(upWithin); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if s.child == nil {
			if err = s.launch(); err != nil {
				return err
			}
		}
		if err = s.Ask("SELECT 1"); err == nil {
			return nil
		}
		select {
		case <-s.ended:
			s.child = nil
		default:
		}
	}
	return fmt.Errorf("the server does not answer: %w\n%s", err, s.Log())
}

func (s *Server) launch() error {
	arguments := []string{
		"-D", s.folder, "-p", s.Port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "wal_level=replica", "-c", "max_wal_senders=4",
	}
	for _, setting := range s.settings {
		arguments = append(arguments, "-c", setting)
	}
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	child := s.command("postgres", arguments...)
	child.Stdout, child.Stderr = log, log
	if err := child.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	s.child, s.ended = child, ended
	go func() {
		// The goroutine does not belong to the test that starts the server again.
		pprof.SetGoroutineLabels(context.Background())
		_ = child.Wait()
		close(ended)
	}()
	return nil
}

// Down stops the server at once, as after a power failure, and waits for its end. It may be called
// again, and for a server that did not start.
func (s *Server) Down() {
	if s == nil || s.child == nil {
		return
	}
	_ = s.Stop(false)
	stopAtOnce(s.child.Process)
	select {
	case <-s.ended:
	case <-time.After(10 * time.Second):
		_ = s.Kill()
	}
	s.child = nil
}

// Kill ends the server's first process by SIGKILL. The others notice it and end.
func (s *Server) Kill() error {
	if err := s.child.Process.Kill(); err != nil {
		return err
	}
	<-s.ended
	s.child = nil
	return nil
}

// Programs returns the folder of PostgreSQL's programs.
func (s *Server) Programs() string { return s.programs }

// Host returns the server's address.
func (s *Server) Host() string { return net.JoinHostPort("127.0.0.1", s.Port) }

// URL returns the address of a database for the superuser.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://postgres:%s@%s/%s?sslmode=disable", Password, s.Host(), database)
}

// Ask runs statements as the superuser in the database postgres.
func (s *Server) Ask(statements ...string) error { return s.AskIn("postgres", statements...) }

// AskIn runs statements as the superuser in a database. It takes at most a minute.
func (s *Server) AskIn(database string, statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	connection, err := pgx.Connect(ctx, s.URL(database))
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close(ctx) }()
	for _, statement := range statements {
		if _, err := connection.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", strings.TrimSpace(statement), err)
		}
	}
	return nil
}

func (s *Server) logFile() string { return filepath.Join(filepath.Dir(s.folder), "log") }

// Log returns the server's log.
func (s *Server) Log() string {
	text, err := os.ReadFile(s.logFile())
	if err != nil {
		return err.Error()
	}
	return string(text)
}
