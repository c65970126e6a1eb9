//! Backups of a whole server.

use cdb_types::endpoint::Backup;
use futures_util::TryStreamExt;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::ConnectorDb;
use crate::{Error, Result};

impl ConnectorDb {
    /// Writes a copy of the server's data file, and returns its length in bytes.
    ///
    /// It is one consistent copy of everything: users with the hashes of their passwords, devices with
    /// their keys, streams and datapoints. All that was answered before this call is in it. A server can
    /// be started on it. The server goes on to answer requests meanwhile, and needs as much free space on
    /// its disk as its data file has.
    ///
    /// The server sends nothing while it makes the copy. For a large file, set a longer
    /// [`timeout`](super::ConnectorDbBuilder::timeout).
    ///
    /// ```no_run
    /// # async fn example(cdb: cdb_core::ConnectorDb) -> cdb_core::Result<()> {
    /// let mut copy = Vec::new(); // or a `tokio::fs::File`
    /// let bytes = cdb.backup(&mut copy).await?;
    /// assert_eq!(bytes, copy.len() as u64);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns an error if this device may not make backups (usually only administrators may), another
    /// backup is running, the server is too old to make backups, the connection breaks, or the copy
    /// cannot be written. What was written is then not complete.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, a part of the copy may have been written.
    pub async fn backup(&self, copy: &mut (impl AsyncWrite + Unpin + ?Sized)) -> Result<u64> {
        let mut body = self.session().open(&Backup).await?;
        let mut length = 0;
        while let Some(piece) = body.try_next().await? {
            copy.write_all(&piece).await.map_err(Error::other)?;
            length += piece.len() as u64;
        }
        copy.flush().await.map_err(Error::other)?;
        Ok(length)
    }
}
