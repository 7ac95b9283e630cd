//! Work on a text that will be wanted soon, begun on another core: its count of tokens and its frame.
//!
//! One worker thread takes what is queued; whoever wants a result that the worker has not begun, or
//! does not finish soon, makes it himself, so that a busy machine costs next to nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use headroom_core::frame::{self, FrameError};
use headroom_core::tokens::{self, Encoding};
use pyo3::prelude::*;

use crate::door::detached;
use crate::tokens::encoding_named;

/// Below this, waking another thread costs more than it hides.
const WORKER_BYTES: usize = 12_000;

/// How long a result is waited for that the worker has begun: its core may be busy with something else.
const PATIENCE: Duration = Duration::from_micros(150);

/// The worker's queue, and the process that it belongs to: a fork has no worker.
static QUEUE: Mutex<Option<Queue>> = Mutex::new(None);

type Queue = (u32, Sender<Box<dyn Job>>);

/// Something that the worker can do.
trait Job: Send + Sync {
    fn run(&self);
}

/// A result in the making.
struct Task<T> {
    work: Box<dyn Fn() -> T + Send + Sync>,
    state: Mutex<State<T>>,
    finished: Condvar,
}

enum State<T> {
    Waiting,
    Running,
    Done(T),
    /// The work panicked on the worker.
    Failed,
}

impl<T: Clone + Send> Task<T> {
    fn new(work: impl Fn() -> T + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { work: Box::new(work), state: Mutex::new(State::Waiting), finished: Condvar::new() })
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the result unless somebody does already.
    fn make(&self) {
        {
            let mut state = self.lock();
            if !matches!(*state, State::Waiting) {
                return;
            }
            *state = State::Running;
        }
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (self.work)()));
        *self.lock() = result.map_or(State::Failed, State::Done);
        self.finished.notify_all();
    }

    /// The result, made here if nobody has begun, or if whoever has is held up.
    fn get(&self) -> T {
        self.make();
        let state = self.lock();
        let running = |state: &mut State<T>| matches!(state, State::Waiting | State::Running);
        let waited = self.finished.wait_timeout_while(state, PATIENCE, running);
        match &*waited.unwrap_or_else(PoisonError::into_inner).0 {
            State::Done(result) => result.clone(),
            _ => (self.work)(),
        }
    }
}

/// Both results that are wanted of a text: one message, so that the worker is woken once.
struct Both<T, U>(Arc<Task<T>>, Arc<Task<U>>);

impl<T: Clone + Send, U: Clone + Send> Job for Both<T, U> {
    fn run(&self) {
        self.0.make();
        self.1.make();
    }
}

/// Brings the counter's tables into memory before the first long text needs them.
struct Touch(Encoding);

impl Job for Touch {
    fn run(&self) {
        std::hint::black_box(tokens::touch(self.0));
    }
}

/// Whether the tables were asked for in this process.
static TOUCHED: AtomicBool = AtomicBool::new(false);

fn enqueue(job: Box<dyn Job>) {
    // A fork may leave the lock taken for ever: without the queue, whoever wants a result makes it.
    let mut queue = match QUEUE.try_lock() {
        Ok(queue) => queue,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return,
    };
    let process = std::process::id();
    if queue.as_ref().is_none_or(|(owner, _)| *owner != process) {
        let (sender, receiver) = channel::<Box<dyn Job>>();
        let spawned = thread::Builder::new().name("headroom".to_owned()).spawn(move || {
            for job in receiver {
                job.run();
            }
        });
        // Without a worker, whoever wants a result makes it.
        *queue = spawned.is_ok().then_some((process, sender));
    }
    if let Some((_, sender)) = queue.as_ref() {
        let _ = sender.send(job);
    }
}

/// The tokens and the zstd frame of a text, made while the caller does something else.
#[pyclass(frozen, module = "headroom._core")]
pub struct Ahead {
    tokens: Arc<Task<usize>>,
    frame: Arc<Task<Result<Vec<u8>, FrameError>>>,
}

#[pymethods]
impl Ahead {
    #[new]
    #[pyo3(signature = (text, encoding = "o200k_base", level = 1))]
    fn new(text: &str, encoding: &str, level: i32) -> PyResult<Self> {
        let encoding: Encoding = encoding_named(encoding)?;
        let is_long = text.len() >= WORKER_BYTES;
        let counted: Arc<str> = Arc::from(text);
        let packed = Arc::clone(&counted);
        let tokens = Task::new(move || tokens::count(&counted, encoding));
        let frame = Task::new(move || frame::compress(packed.as_bytes(), level));
        if !TOUCHED.swap(true, Ordering::Relaxed) {
            enqueue(Box::new(Touch(encoding)));
        }
        if is_long {
            // The interpreter's lock is kept, since to get it back could take longer than all else that is done here.
            enqueue(Box::new(Both(Arc::clone(&tokens), Arc::clone(&frame))));
        }
        Ok(Self { tokens, frame })
    }

    /// Exact tokens of the text; waits for them.
    fn tokens(&self, py: Python<'_>) -> PyResult<usize> {
        detached(py, || self.tokens.get())
    }
}

impl Ahead {
    /// The text's zstd frame; waits for it.
    pub fn packed(&self) -> Result<Vec<u8>, FrameError> {
        self.frame.get()
    }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Ahead>()
}
