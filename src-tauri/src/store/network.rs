//! The network settings.

use sqlx::Row;

use super::{Result, Store, apps};
use crate::model::{
    app::KeyState,
    network::{ManualProxy, ProxyChoice},
};

/// The settings as they are kept: what the page sees of the certificates is read from them.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredNetwork {
    pub proxy: ProxyChoice,
    pub manual: ManualProxy,
    pub password: KeyState,
    pub certificates: Option<StoredCertificates>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct StoredCertificates {
    pub file_name: String,
    pub pem: String,
}

impl Default for StoredNetwork {
    fn default() -> Self {
        Self {
            proxy: ProxyChoice::default(),
            manual: ManualProxy::default(),
            password: KeyState::Missing,
            certificates: None,
        }
    }
}

impl Store {
    pub async fn network(&self) -> Result<StoredNetwork> {
        let sql = "SELECT proxy, manual, password_state, certificates_name, certificates FROM network";
        let Some(row) = sqlx::query(sql).fetch_optional(&self.pool).await? else {
            return Ok(StoredNetwork::default());
        };
        let proxy: String = row.try_get("proxy")?;
        let manual: String = row.try_get("manual")?;
        let password: String = row.try_get("password_state")?;
        let file_name: Option<String> = row.try_get("certificates_name")?;
        let pem: Option<String> = row.try_get("certificates")?;
        Ok(StoredNetwork {
            proxy: match proxy.as_str() {
                "off" => ProxyChoice::Off,
                "manual" => ProxyChoice::Manual,
                _ => ProxyChoice::System,
            },
            manual: serde_json::from_str(&manual)?,
            password: apps::key_state(&password),
            certificates: pem.map(|pem| StoredCertificates { file_name: file_name.unwrap_or_default(), pem }),
        })
    }

    pub async fn save_network(&self, network: &StoredNetwork) -> Result<()> {
        let certificates = network.certificates.as_ref();
        sqlx::query(
            "INSERT OR REPLACE INTO network (id, proxy, manual, password_state, certificates_name, certificates) \
             VALUES (1, ?, ?, ?, ?, ?)",
        )
        .bind(match network.proxy {
            ProxyChoice::System => "system",
            ProxyChoice::Off => "off",
            ProxyChoice::Manual => "manual",
        })
        .bind(serde_json::to_string(&network.manual)?)
        .bind(apps::key_word(network.password))
        .bind(certificates.map(|kept| kept.file_name.as_str()))
        .bind(certificates.map(|kept| kept.pem.as_str()))
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
